import { X87_TAGS, X87_TOP } from "../cpu/layout.js";
import { define } from "./definition.js";
import { startMmx } from "./vector-operands.js";

/** All registers become empty: back to x87. */
define("emms", (x) => {
  startMmx(x);
  x.setState(X87_TOP, 0);
  x.setState(X87_TAGS, 0);
});
