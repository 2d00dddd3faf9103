/** The SDK, as this page uses it. */
import { Worldswitch } from "@worldswitch/client";

interface Access {
  token: string | null;
  project?: string;
  /** The service does not know the token any more. */
  refused?(): void;
}

export function clientFor({ token, project, refused }: Access): Worldswitch {
  // With the page's own address, so that it also works under a path of somebody's proxy.
  const url = new URL(".", location.href);
  const fetchAndLook: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    if (response.status === 401) refused?.();
    return response;
  };
  return new Worldswitch({ url, token: token ?? undefined, project, fetch: fetchAndLook });
}
