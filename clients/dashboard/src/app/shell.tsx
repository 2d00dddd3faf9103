import { useObserved } from "../live/use-observed.js";
import { EnginePage } from "../pages/engine-page.js";
import { ImagesPage } from "../pages/images-page.js";
import { MachinePage } from "../pages/machine-page.js";
import { MachinesPage } from "../pages/machines-page.js";
import { OperationsPage } from "../pages/operations-page.js";
import { ProjectsPage } from "../pages/projects-page.js";
import { TokensPage } from "../pages/tokens-page.js";
import { UnknownPage } from "../pages/unknown-page.js";
import { ProjectSwitch } from "../projects/project-switch.js";
import { useMay, useSession } from "../session/context.js";
import { Brand } from "./brand.js";
import { ConnectionLine } from "./connection-line.js";
import { Navigation } from "./navigation.js";
import { type Place, place } from "./places.js";
import { ThemeSwitch } from "./theme-switch.js";
import { Who } from "./who.js";
import "./shell.css";

/** What stays around the pages. */
export function Shell() {
  const at = useObserved(place);
  const { project, who } = useSession();
  const { administer } = useMay();
  return (
    <div class="shell">
      <button type="button" class="button skip-link" onClick={() => document.getElementById("main")?.focus()}>
        To the content
      </button>
      <header class="side">
        <Brand />
        <Navigation place={at} admin={administer} />
        <div class="side-foot">
          {who.installation && <ProjectSwitch />}
          <ThemeSwitch />
          <Who />
        </div>
      </header>
      <main class="main" id="main" tabIndex={-1}>
        <ConnectionLine />
        <CurrentPage key={`${project} ${at.page === "machine" ? at.id : at.page}`} at={at} />
      </main>
    </div>
  );
}

function CurrentPage({ at }: { at: Place }) {
  switch (at.page) {
    case "machines":
      return <MachinesPage />;
    case "machine":
      return <MachinePage key={at.id} id={at.id} />;
    case "images":
      return <ImagesPage />;
    case "operations":
      return <OperationsPage />;
    case "tokens":
      return <TokensPage />;
    case "projects":
      return <ProjectsPage />;
    case "engine":
      return <EnginePage />;
    case "unknown":
      return <UnknownPage />;
  }
}
