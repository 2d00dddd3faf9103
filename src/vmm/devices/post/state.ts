import { byte, type Saved, versioned } from "../saved.js";

export const postState = versioned(1, { code: byte });
export type PostState = Saved<typeof postState>;
