import { useCallback } from "preact/hooks";
import { Console } from "../console/console.js";
import { Message } from "../parts/message.js";
import { clientFor } from "../session/client.js";
import type { ConsoleTicket } from "./ticket-path.js";
import { ticketSource } from "./tickets.js";

export function EmbeddedConsole({ first }: { first: ConsoleTicket | null }) {
  const open = useCallback(() => {
    if (!first) throw new Error("there is no ticket");
    return clientFor({ token: null }).console(first.vm, { ticket: ticketSource(first) });
  }, [first]);
  if (!first) {
    return <Message tone="bad">This address has no ticket behind its #: the page around it has to make one for the console.</Message>;
  }
  return <Console open={open} mayWrite />;
}
