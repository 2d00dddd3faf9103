import { Icon } from "../parts/icon.js";
import { useSession } from "../session/context.js";
import { signOut } from "../session/session.js";

/** Whose token this is, and the way out. */
export function Who() {
  const session = useSession();
  const { who } = session;
  return (
    <div class="who">
      <div>
        <b title={who.name}>{who.name}</b>
        <span class="faint">{who.installation ? "administrator" : who.role}</span>
      </div>
      <button type="button" class="button plain icon" aria-label="Sign out" title="Sign out" onClick={() => signOut(session)}>
        <Icon name="leave" />
      </button>
    </div>
  );
}
