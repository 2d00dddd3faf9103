import { render } from "preact";
import { App } from "./app/app.js";
import { resume } from "./session/session.js";
import "./design/design.css";

render(<App />, document.getElementById("root") as HTMLElement);
void resume();
