import type { Project } from "@worldswitch/client";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Page } from "../app/page.js";
import { go } from "../app/places.js";
import { dateAndTime } from "../format/time.js";
import { allOf } from "../live/all-of.js";
import { Confirm } from "../parts/confirm.js";
import { Icon } from "../parts/icon.js";
import { Loading } from "../parts/loading.js";
import { CreateProject } from "../projects/create-project.js";
import { useSession } from "../session/context.js";
import { selectProject } from "../session/session.js";

/** For administrators of the installation. */
export function ProjectsPage() {
  const { client, project: selected } = useSession();
  const [projects, setProjects] = useState<readonly Project[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<Project | null>(null);
  const load = useCallback(async () => {
    try {
      setProjects(await allOf(client.projects.all()));
    } catch (error) {
      setFailure(error);
    }
  }, [client]);
  useEffect(() => void load(), [load]);

  const enter = (project: Project) => {
    go("machines");
    selectProject(project.id);
  };
  const remove = async (project: Project) => {
    await client.projects.delete(project.id);
    await load();
  };
  const create = (
    <button type="button" class="button primary" onClick={() => setCreating(true)}>
      <Icon name="plus" />
      New project
    </button>
  );
  return (
    <Page title="Projects" about="Each has machines, images and tokens of its own." actions={create}>
      {projects === null ? (
        <Loading failure={failure} what="The projects" />
      ) : (
        <div class="card">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Created</th>
                <th scope="col">
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {projects.map((project) => (
                <tr key={project.id}>
                  <td>
                    <b>{project.name}</b> {project.id === selected && <span class="tag">you are here</span>}
                  </td>
                  <td class="soft">{dateAndTime(project.createdAt)}</td>
                  <td class="actions">
                    <button type="button" class="button small" aria-label={`Open ${project.name}`} onClick={() => enter(project)}>
                      Open
                    </button>{" "}
                    <button
                      type="button"
                      class="button danger small"
                      aria-label={`Delete ${project.name}`}
                      disabled={project.id === selected}
                      onClick={() => setDeleting(project)}
                    >
                      Delete
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <CreateProject onCreated={() => void load()} onClose={() => setCreating(false)} />}
      {deleting && (
        <Confirm
          title={`Delete ${deleting.name}?`}
          action="Delete the project"
          onConfirm={() => remove(deleting)}
          onClose={() => setDeleting(null)}
        >
          Its tokens go with it. Machines and images of it must be deleted first.
        </Confirm>
      )}
    </Page>
  );
}
