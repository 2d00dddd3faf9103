import { Observable } from "../live/observable.js";
import { useObserved } from "../live/use-observed.js";
import { Icon } from "../parts/icon.js";
import { Message, type Tone } from "../parts/message.js";

interface Notice {
  id: number;
  tone: Tone;
  text: string;
}

const notices = new Observable<readonly Notice[]>([]);
let next = 1;

/** A sentence in the corner, about something that was asked for elsewhere. What is wrong stays until it is closed. */
export function tell(tone: Tone, text: string): void {
  const id = next++;
  notices.set([...notices.value.filter((notice) => notice.text !== text), { id, tone, text }].slice(-4));
  if (tone === "good") setTimeout(() => close(id), 6000);
}

function close(id: number): void {
  notices.set(notices.value.filter((notice) => notice.id !== id));
}

export function Notices() {
  return (
    <div class="notices">
      {useObserved(notices).map(({ id, tone, text }) => (
        <Message key={id} tone={tone}>
          <div class="notice">
            <span>{text}</span>
            <button type="button" class="button plain icon small" aria-label="Close this message" onClick={() => close(id)}>
              <Icon name="close" size={16} />
            </button>
          </div>
        </Message>
      ))}
    </div>
  );
}
