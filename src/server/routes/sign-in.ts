import { createSignInCode, signIn } from "../../contract/endpoints/access.js";
import * as codes from "../../store/sign-in.js";
import { absoluteUrl } from "../absolute-url.js";
import { clientAddress } from "../client-address.js";
import { ProblemError } from "../problem.js";
import { RateLimit } from "../rate-limit.js";
import { showToken } from "../representation.js";
import type { Router } from "../route.js";
import type { Service } from "../service.js";
import { signInPath } from "../sign-in-link.js";

export function signInRoutes(router: Router, { db, settings }: Service): void {
  router.serve(createSignInCode, async ({ projectId, request }) => {
    const { secret: code, expiresAt } = await codes.createSignInCode(db, projectId);
    const url = absoluteUrl(settings.publicUrl, request, signInPath(code));
    return { status: 201, body: { code, url, expiresAt: expiresAt.toISOString() }, secret: true };
  });

  router.serveAnyone(signIn, new RateLimit(settings.signInsPerMinute, clientAddress(settings.trustedProxies)), async ({ body }) => {
    const redeemed = await codes.redeemSignInCode(db, body.code);
    if (redeemed === null) throw new ProblemError("sign_in_invalid", "Ask for another link: `worldswitch sign-in` prints one");
    return { status: 201, body: { ...showToken(redeemed.token), secret: redeemed.secret } };
  });
}
