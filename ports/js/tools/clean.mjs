import { rmSync } from "node:fs";

// A file left over from a renamed source would be published.
rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
