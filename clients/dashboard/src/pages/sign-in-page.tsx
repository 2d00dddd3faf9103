import { useState } from "preact/hooks";
import { Brand } from "../app/brand.js";
import { ThemeSwitch } from "../app/theme-switch.js";
import { Field } from "../parts/field.js";
import { Message } from "../parts/message.js";
import { explain, isCode } from "../session/explain.js";
import { resume, signInByToken } from "../session/session.js";
import "./sign-in.css";

/** @param failure why an attempt without this form came to nothing */
export function SignInPage({ note, failure }: { note: string | null; failure: unknown }) {
  const [token, setToken] = useState("");
  const [stay, setStay] = useState(false);
  const [working, setWorking] = useState(false);
  const [wrong, setWrong] = useState<string>();

  const submit = async (event: Event) => {
    event.preventDefault();
    if (token.trim() === "") return setWrong("Paste a token first.");
    setWorking(true);
    setWrong(undefined);
    try {
      await signInByToken(token.trim(), stay);
    } catch (error) {
      setWrong(refusal(error));
      setWorking(false);
    }
  };

  return (
    <main class="sign-in">
      <header>
        <Brand />
        <ThemeSwitch />
      </header>
      <div class="card">
        <h1>Sign in</h1>
        {note && <Message tone="warn">{note}</Message>}
        {failure !== null && !note && (
          <Message tone="bad">
            {explain(failure)}{" "}
            <button type="button" class="button small" onClick={() => void resume()}>
              Try again
            </button>
          </Message>
        )}
        <p class="soft">
          The server prints a sign-in link when it starts. For a new one, run <code>worldswitch sign-in</code> where it runs.
        </p>
        <form class="form" onSubmit={submit} noValidate>
          <Field
            label="Or paste a token"
            hint="It begins with wst_, or is the content of the file admin-token in the data folder."
            wrong={wrong}
          >
            {(control) => (
              <input
                {...control}
                class="input mono"
                type="password"
                autocomplete="current-password"
                spellcheck={false}
                value={token}
                onInput={(event) => setToken(event.currentTarget.value)}
              />
            )}
          </Field>
          <label class="check">
            <input type="checkbox" checked={stay} onChange={(event) => setStay(event.currentTarget.checked)} />
            <span>
              Stay signed in
              <span class="faint"> after this browser is closed</span>
            </span>
          </label>
          <button type="submit" class="button primary" disabled={working}>
            {working ? "Signing in" : "Sign in"}
          </button>
        </form>
      </div>
      <p class="faint">
        <a href="docs">Documentation of the API</a>
      </p>
    </main>
  );
}

function refusal(error: unknown): string {
  return isCode(error, "unauthorized") ? "The server does not know this token. Is it complete, and of this server?" : explain(error);
}
