/**
 * How five kinds of backend find the path that they act on, written from what they do and not from the router: a target as it arrives
 * in, one or more paths out, one character a byte. Letter case is theirs alone: everybody here compares it, as the router does.
 */
export interface PathReader {
  readonly name: string;
  readonly read: (target: string) => readonly string[];
}

export const PATH_READERS: readonly PathReader[] = [
  { name: "servlet container", read: readAsServlet },
  { name: "WHATWG URL", read: readAsUrl },
  { name: "PHP", read: readAsPhp },
  { name: "IIS", read: readAsIis },
  { name: "decode twice", read: readTwice },
];

/** Tomcat cuts parameters, decodes and normalises; Spring and Jetty also decode before they cut. */
function readAsServlet(target: string): readonly string[] {
  const raw = pathOf(target);
  const decodedLast = unescape(withoutParameters(raw));
  const decodedFirst = withoutParameters(unescape(raw));
  return [decodedLast, decodedFirst, decodedLast.replaceAll("\\", "/")].map(asFolders);
}

/** `new URL(request.url, base)`, by the real thing; then perhaps decoded, or decoded before. */
function readAsUrl(target: string): readonly string[] {
  const found: string[] = [];
  for (const text of [target, unescape(target)]) {
    const url = URL.parse(text, "http://backend.test");
    if (url !== null) found.push(url.pathname, unescape(url.pathname), asFolders(unescape(url.pathname)));
  }
  return found;
}

/** `parse_url($_SERVER["REQUEST_URI"], PHP_URL_PATH)`, `rawurldecode`, and the file system or a front controller behind it. */
function readAsPhp(target: string): readonly string[] {
  const parsed = /^\/\/[^/?#]+([^?#]*)/.exec(target)?.[1] ?? pathOf(target);
  return [parsed, pathOf(target)].flatMap((path) => {
    const decoded = unescape(path === "" ? "/" : path);
    return [decoded, asFolders(decoded)];
  });
}

/** `\` is `/`, overlong UTF-8 is what it stands for, folders are resolved before and after a second decoding. */
function readAsIis(target: string): readonly string[] {
  const once = asFolders(windowsText(unescape(pathOf(target))));
  return [once, asFolders(windowsText(unescape(once)))];
}

function readTwice(target: string): readonly string[] {
  const once = unescape(pathOf(target));
  const twice = unescape(once);
  return [twice, asFolders(twice), unescape(asFolders(once)), asFolders(unescape(asFolders(once)))];
}

function pathOf(target: string): string {
  return target.split("?", 1)[0] ?? "";
}

function unescape(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function withoutParameters(path: string): string {
  return path
    .split("/")
    .map((segment) => segment.split(";")[0])
    .join("/");
}

function windowsText(text: string): string {
  const short = text.replace(/[\xc0\xc1][\x80-\xbf]/g, (pair) =>
    String.fromCharCode((pair.charCodeAt(0) & 0x1f) * 64 + (pair.charCodeAt(1) & 0x3f)),
  );
  return short.replaceAll("\\", "/");
}

/** One slash between names, dots walked. */
function asFolders(path: string): string {
  const names: string[] = [];
  const parts = path.split("/");
  for (const part of parts) {
    if (part === "..") names.pop();
    else if (part !== "." && part !== "") names.push(part);
  }
  const isFolder = ["", ".", ".."].includes(parts.at(-1) ?? "");
  return `/${names.join("/")}${isFolder && names.length > 0 ? "/" : ""}`;
}
