import type { Project } from "@worldswitch/client";
import { useEffect, useState } from "preact/hooks";
import { tell } from "../app/notices.js";
import { go } from "../app/places.js";
import { allOf } from "../live/all-of.js";
import { useSession } from "../session/context.js";
import { explain } from "../session/explain.js";
import { selectProject } from "../session/session.js";

const MANAGE = "manage";

/** Which project is looked at; for administrators of the installation, who may look at each. */
export function ProjectSwitch() {
  const { client, project } = useSession();
  const [projects, setProjects] = useState<Project[]>([]);
  useEffect(() => {
    allOf(client.projects.all()).then(setProjects, (error) => tell("bad", explain(error)));
  }, [client]);
  const choose = (event: Event & { currentTarget: HTMLSelectElement }) => {
    const { value } = event.currentTarget;
    if (value === MANAGE) {
      event.currentTarget.value = project;
      go("projects");
    } else {
      go("machines");
      selectProject(value);
    }
  };
  return (
    <div class="project-switch">
      <select class="input" aria-label="Project" value={project} onChange={choose}>
        {projects.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
        <option value={MANAGE}>All projects…</option>
      </select>
    </div>
  );
}
