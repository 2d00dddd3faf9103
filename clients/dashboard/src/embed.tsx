/** One console, for a page of somebody else's: `embed.html#/v1/vms/vm_.../console?ticket=...`, the `path` of a ticket. */
import { render } from "preact";
import { EmbeddedConsole } from "./embed/embedded-console.js";
import { ticketOf } from "./embed/ticket-path.js";
import "./design/design.css";
import "./embed/embed.css";

const ticket = ticketOf(location.hash.slice(1));
// It opens the console once, and is of no use in the history.
history.replaceState(null, "", location.pathname + location.search);
render(<EmbeddedConsole first={ticket} />, document.getElementById("root") as HTMLElement);
