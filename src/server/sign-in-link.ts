/** Behind the `#`: a browser sends it to nobody, so that no log has it, and the page takes it out of the address. */
export function signInPath(code: string): string {
  return `/#sign-in=${code}`;
}
