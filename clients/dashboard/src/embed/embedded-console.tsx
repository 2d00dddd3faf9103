import { useCallback, useMemo } from "preact/hooks";
import { Console } from "../console/console.js";
import { Message } from "../parts/message.js";
import { clientFor } from "../session/client.js";
import type { ConsoleTicket } from "./ticket-path.js";
import { ticketSource } from "./tickets.js";

export function EmbeddedConsole({ first }: { first: ConsoleTicket | null }) {
  // One source for however often the console is opened: the first ticket is good for once.
  const ticket = useMemo(() => first && ticketSource(first), [first]);
  const open = useCallback(() => {
    if (!first || !ticket) throw new Error("there is no ticket");
    return clientFor({ token: null }).console(first.vm, { ticket });
  }, [first, ticket]);
  if (!first) {
    return <Message tone="bad">This address has no ticket behind its #: the page around it has to make one for the console.</Message>;
  }
  return <Console open={open} />;
}
