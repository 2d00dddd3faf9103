import { Icon } from "../parts/icon.js";
import type { IconName } from "../parts/icon-paths.js";
import { addressOf, type ListPage, type Place } from "./places.js";

interface Entry {
  page: ListPage;
  icon: IconName;
  label: string;
  /** On a phone, where five words share a line. */
  short?: string;
  admin?: boolean;
}

const entries: readonly Entry[] = [
  { page: "machines", icon: "machines", label: "Machines" },
  { page: "images", icon: "images", label: "Images" },
  { page: "operations", icon: "operations", label: "Operations" },
  { page: "tokens", icon: "tokens", label: "Tokens", admin: true },
  { page: "engine", icon: "engine", label: "How it works", short: "Engine" },
];

export function Navigation({ place, admin }: { place: Place; admin: boolean }) {
  const current = place.page === "machine" ? "machines" : place.page;
  return (
    <nav class="nav" aria-label="Pages">
      {entries
        .filter((entry) => admin || !entry.admin)
        .map(({ page, icon, label, short }) => (
          <a key={page} href={addressOf(page)} aria-current={page === current ? "page" : undefined}>
            <Icon name={icon} size={19} />
            {short ? (
              <>
                <span class="only-wide">{label}</span>
                <span class="only-narrow">{short}</span>
              </>
            ) : (
              label
            )}
          </a>
        ))}
    </nav>
  );
}
