import { describe, expect, it } from "vitest";
import { chooseSources } from "../../src/images/debian-source.js";

describe("the host's mirrors, for Debian 12", () => {
  it("takes a Debian 12 host's own, each once, and main only", () => {
    const listing = [
      "http://mirror.test/debian/ bookworm main",
      "http://mirror.test/debian/ bookworm main",
      "http://mirror.test/debian/ bookworm contrib",
      "http://mirror.test/debian/ bookworm-updates main",
      "http://security.test/ bookworm-security main",
      "http://mirror.test/debian/ trixie main",
      "https://other.test/apt/ cloud-bookworm main",
      "https://other.test/apt/ bookworm-backports main",
      "cdrom:[Debian]/ bookworm main",
    ].join("\n");
    expect(chooseSources(listing, "bookworm")).toEqual([
      { uri: "http://mirror.test/debian/", suite: "bookworm" },
      { uri: "http://mirror.test/debian/", suite: "bookworm-updates" },
      { uri: "http://security.test/", suite: "bookworm-security" },
    ]);
  });

  it.each(["trixie", "stable", "sid"])("asks the mirrors of a host that follows %s for bookworm", (suite) => {
    const listing = `http://mirror.test/debian/ ${suite} main\nhttp://mirror.test/security/ ${suite}-security main\nhttps://other.test/ nodistro main\n`;
    expect(chooseSources(listing, "trixie")).toEqual([
      { uri: "http://mirror.test/debian/", suite: "bookworm" },
      { uri: "http://mirror.test/security/", suite: "bookworm-security" },
    ]);
  });

  it("finds nothing where there is nothing", () => {
    expect(chooseSources("", "")).toEqual([]);
    expect(chooseSources("https://other.test/ nodistro main\n", "")).toEqual([]);
  });
});
