import { render } from "preact";

render(<h1>Worldswitch</h1>, document.getElementById("root") as HTMLElement);
