import type { VmConsole } from "@worldswitch/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { bytes } from "../format/quantity.js";
import type { Observable } from "../live/observable.js";
import { useObserved } from "../live/use-observed.js";
import { ConsoleBar } from "./console-bar.js";
import { type ConsoleState, followConsole } from "./console-state.js";
import type { Screen } from "./terminal.js";
import "./console.css";

interface Props {
  /** Opens the connection; the console closes it when it is no longer drawn. */
  open(): VmConsole;
  /** Whoever comes to the page types into the console at once, unless the focus is elsewhere by then. Not in a page of somebody else's. */
  takesFocus?: boolean;
}

const endings: Record<string, string> = {
  poweroff: "the machine is powered off",
  halted: "the guest has powered the machine off",
  stopped: "the plug is pulled",
  fault: "the guest did something that the monitor cannot do",
  deleted: "the machine is deleted",
};

const loadTerminal = () => import("./terminal.js");

/** A machine's serial console: its scrollback, what comes, and keys for whoever writes. */
export function Console({ open, takesFocus = false }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [connection, setConnection] = useState<{ vmConsole: VmConsole; state: Observable<ConsoleState> } | null>(null);

  useEffect(() => {
    let screen: Screen | null = null;
    let over = false;
    const vmConsole = open();
    const state = followConsole(vmConsole);
    setConnection({ vmConsole, state });
    // Bytes may come before the terminal has: they are told one after the other, behind it.
    const terminal = loadTerminal().then(
      ({ openScreen }) => {
        if (over || !host.current) return null;
        screen = openScreen(
          host.current,
          (keys) => void vmConsole.write(keys).catch(() => remind(bar.current)),
          () => bar.current?.focus(),
        );
        screen.setReadOnly(!state.value.mayWrite);
        if (takesFocus && isFocusFree()) screen.focus();
        return screen;
      },
      () => {
        state.set({ ...state.value, phase: "failed", failure: new Error("The terminal could not be loaded. Load the page again.") });
        vmConsole.close();
        return null;
      },
    );
    state.follow(() => screen?.setReadOnly(!state.value.mayWrite));
    const say = (text: string) => void terminal.then((there) => there?.remark(text));
    vmConsole.on("data", (data) => (screen ? screen.write(data) : void terminal.then((there) => there?.write(data))));
    vmConsole.on("skip", ({ from, to }) =>
      say(`${bytes(to - from)} of output are left out here: they came too fast, or are no longer kept`),
    );
    vmConsole.on("exit", ({ reason }) => say(endings[reason] ?? `the machine has ended: ${reason}`));
    return () => {
      over = true;
      vmConsole.close();
      screen?.dispose();
    };
  }, [open, attempt, takesFocus]);

  return (
    <section class="console card" aria-label="Console">
      <div ref={bar} tabIndex={-1}>
        {connection && <Bar {...connection} onOpenAgain={() => setAttempt(attempt + 1)} />}
      </div>
      <div class="screen">
        <div ref={host} />
      </div>
    </section>
  );
}

function Bar({ vmConsole, state, onOpenAgain }: { vmConsole: VmConsole; state: Observable<ConsoleState>; onOpenAgain(): void }) {
  // Why it was refused is told by `role` staying as it is.
  const takeOver = () => void vmConsole.takeOver().catch(() => {});
  return <ConsoleBar state={useObserved(state)} onTakeOver={takeOver} onOpenAgain={onOpenAgain} />;
}

/** Nothing has been chosen on the page yet: its heading had the focus when it opened. */
function isFocusFree(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body || activeElement.tagName === "H1";
}

/** Keys went nowhere: the bar says why, and asks to be looked at. */
function remind(bar: HTMLElement | null): void {
  bar?.animate([{ background: "var(--warn-wash)" }, { background: "transparent" }], { duration: 900 });
}
