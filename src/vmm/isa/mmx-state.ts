import { define } from "./definition.js";
import { startMmx } from "./vector-operands.js";

/** All registers become empty: back to x87. */
define("emms", (x) => {
  startMmx(x);
  x.x87.reset(0);
});
