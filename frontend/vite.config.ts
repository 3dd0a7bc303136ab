import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import unused from "./unused.json" with { type: "json" };

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Tabler has parts that no page of ours shows; their rules are a third of its size. */
const dropped = new RegExp(`^(${unused.join("|")})(-|$)`);

export default defineConfig({
  base: "/static/dist/",
  publicDir: here("public"),
  resolve: { alias: { "tabler-bootstrap": here("node_modules/@tabler/core/js/src/bootstrap") } },
  css: {
    transformer: "lightningcss",
    lightningcss: {
      visitor: {
        Selector: (selector) => (selector.some((part) => part.type === "class" && dropped.test(part.name)) ? [] : undefined),
      },
    },
  },
  build: {
    outDir: here("../src/xuequ/site/static/dist"),
    emptyOutDir: true,
    manifest: "manifest.json",
    // An inlined asset would be a data: URL, which the content security policy allows for images only.
    assetsInlineLimit: 0,
    cssMinify: "lightningcss",
    target: ["chrome107", "firefox115", "safari16"],
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { main: here("src/main.ts") } },
  },
});
