import { useEffect, useMemo } from "preact/hooks";
import { Following } from "../live/following.js";
import { useObserved } from "../live/observable.js";
import { SignInPage } from "../pages/sign-in-page.js";
import { HereProvider } from "../session/context.js";
import { presence, type Session } from "../session/session.js";
import { Notices } from "./notices.js";
import { Shell } from "./shell.js";

export function App() {
  const present = useObserved(presence);
  return (
    <>
      {present.state === "in" && <SignedIn session={present.session} />}
      {present.state === "out" && <SignInPage note={present.note} failure={present.failure} />}
      {present.state === "signing-in" && <p class="unseen">Signing in</p>}
      <Notices />
    </>
  );
}

/** Follows the project for as long as it is looked at. */
function SignedIn({ session }: { session: Session }) {
  const following = useMemo(() => new Following(session.client), [session]);
  useEffect(() => {
    void following.start();
    return () => following.end();
  }, [following]);
  return (
    <HereProvider value={{ ...session, following }}>
      <Shell />
    </HereProvider>
  );
}
