import { Page } from "../app/page.js";
import { addressOf } from "../app/places.js";
import { Empty } from "../parts/empty.js";

export function UnknownPage() {
  return (
    <Page title="There is no such page">
      <div class="card">
        <Empty icon="search" title="Nothing is kept under this address">
          <p>It may have been mistyped, or be of an older version.</p>
          <a class="button" href={addressOf("machines")}>
            To the machines
          </a>
        </Empty>
      </div>
    </Page>
  );
}
