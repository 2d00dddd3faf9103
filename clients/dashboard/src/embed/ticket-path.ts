/** What a page that embeds a console hands over. It is somebody else's: nothing but a console of this very server is opened by it. */

export interface ConsoleTicket {
  vm: string;
  path: string;
}

export function ticketOf(path: string): ConsoleTicket | null {
  const found = /^\/v1\/vms\/(vm_[0-9A-Za-z]{1,40})\/console\?ticket=[0-9A-Za-z_-]{1,100}$/.exec(path);
  return found && { vm: found[1], path };
}
