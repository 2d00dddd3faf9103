import { useObserved } from "../live/use-observed.js";
import { SignInPage } from "../pages/sign-in-page.js";
import { SessionProvider } from "../session/context.js";
import { presence } from "../session/session.js";
import { Notices } from "./notices.js";
import { Shell } from "./shell.js";

export function App() {
  const present = useObserved(presence);
  return (
    <>
      {present.state === "in" && (
        <SessionProvider value={present.session}>
          <Shell />
        </SessionProvider>
      )}
      {present.state === "out" && <SignInPage note={present.note} failure={present.failure} />}
      {present.state === "signing-in" && <p class="unseen">Signing in</p>}
      <Notices />
    </>
  );
}
