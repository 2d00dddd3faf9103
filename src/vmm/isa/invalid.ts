import { Vector } from "../cpu/exceptions.js";
import { define } from "./definition.js";

/** What an invalid encoding is executed as. */
define("ud", (x) => x.raise(Vector.UD), { ends: true });
/** An instruction of more than 15 bytes. */
define("tooLong", (x) => x.raise(Vector.GP, 0), { ends: true });
