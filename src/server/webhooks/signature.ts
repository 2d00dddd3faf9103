import { createHmac } from "node:crypto";

/**
 * The header fields that let a target tell who posts, after Standard Webhooks: HMAC-SHA256 over id, time and body, with the key that the secret holds in base64.
 * @param id names the event, the same at every attempt
 */
export function signedFields(secret: string, id: string, at: Date, body: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
