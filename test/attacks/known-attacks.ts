/** What hostile or broken peers send, by number: one sentence, and where the rule or the fault is written down. Test titles name these numbers. */
export interface KnownAttack {
  readonly what: string;
  /** RFC section, CVE, or the kind of program in which it was found. */
  readonly source: string;
}

const attack = (what: string, source: string): KnownAttack => ({ what, source });

/** HTTP/1 framing: where one message ends and the next one begins. */
const FRAMING: Readonly<Record<string, KnownAttack>> = {
  "FR-01": attack("A request has a Content-Length before a Transfer-Encoding.", "RFC 9112 §6.1"),
  "FR-02": attack("A request has a Transfer-Encoding before a Content-Length.", "RFC 9112 §6.1"),
  "FR-03": attack("An HTTP/1.0 request has a Transfer-Encoding.", "RFC 9112 §6.1, CVE-2026-2835"),
  "FR-04": attack(
    "Transfer-Encoding names something that one reader takes for chunked and another does not.",
    "RFC 9112 §7",
  ),
  "FR-05": attack("The name of a framing field is split, padded or hidden behind a bare line end.", "RFC 9112 §5.1"),
  "FR-06": attack("Transfer-Encoding comes twice.", "RFC 9112 §6.1"),
  "FR-07": attack("Content-Length is no plain decimal number, or one that no body can have.", "RFC 9110 §8.6"),
  "FR-08": attack("Content-Length has leading zeros, which some readers take for octal.", "RFC 9110 §8.6"),
  "FR-09": attack("Content-Length comes twice, equal, different or empty first.", "RFC 9112 §6.3, CVE-2023-40225"),
  "FR-10": attack(
    "The name Content-Length ends in a byte that makes others drop the field and read on.",
    "RFC 9112 §5.1",
  ),
  "FR-11": attack("A chunk size has a sign, a prefix, blanks or other letters.", "RFC 9112 §7.1"),
  "FR-12": attack("Blanks stand behind a chunk size.", "RFC 9112 §7.1.1"),
  "FR-13": attack("A chunk size is longer than the integers that hold it.", "RFC 9112 §7.1"),
  "FR-14": attack("A chunked body ends its lines with a bare LF.", "CVE-2025-22871, CVE-2025-55315"),
  "FR-15": attack("A chunk extension holds line ends, control bytes or an open quote.", "RFC 9112 §7.1.1"),
  "FR-16": attack("Chunk extensions are larger than the data that they come with.", "CVE-2024-22019, CVE-2023-39326"),
  "FR-17": attack("The data of a chunk does not end where its size says.", "RFC 9112 §7.1"),
  "FR-18": attack("Trailers name fields that frame, route or authenticate.", "RFC 9110 §6.5.1"),
  "FR-19": attack("A trailer is no field line.", "RFC 9112 §7.1.2"),
  "FR-20": attack("Trailers are endless.", "RFC 9112 §7.1.2"),
  "FR-21": attack("The body of a request without a use for one is itself a request.", "RFC 9112 §6.3, CVE-2025-4366"),
  "FR-22": attack("An endpoint answers before the body that was announced has come.", "RFC 9112 §9.3"),
  "FR-23": attack(
    "Expect names something else, comes twice, or with a method that has no body.",
    "RFC 9110 §10.1.1, CVE-2024-24791",
  ),
  "FR-24": attack("Many requests come at once, and one of them is bad.", "RFC 9112 §9.3.2"),
  "FR-25": attack("Bytes follow a request that closes its connection.", "RFC 9112 §9.6"),
  "FR-26": attack("A request has no version, as before HTTP/1.0.", "RFC 9112 §3"),
  "FR-27": attack("The version is none that HTTP/1 has.", "RFC 9112 §2.3"),
  "FR-28": attack("The request line has blanks where one space belongs.", "RFC 9112 §3"),
  "FR-29": attack("Empty lines come before a request.", "RFC 9112 §2.2"),
  "FR-30": attack("Lines of a head end in a bare LF.", "RFC 9112 §2.2"),
  "FR-31": attack("A head holds a bare CR.", "RFC 9112 §2.2"),
  "FR-32": attack("A field goes on in the next line.", "RFC 9112 §5.2"),
  "FR-33": attack("A field value holds NUL or another control byte.", "RFC 9110 §5.5"),
  "FR-34": attack(
    "A field line has no colon, no name, or a name with bytes that no name has.",
    "RFC 9112 §5.1, CVE-2023-25725",
  ),
  "FR-35": attack("A head has thousands of fields, or fields of many kilobytes.", "RFC 6585 §5"),
  "FR-36": attack("The target is longer than any address.", "RFC 9112 §3"),
  "FR-37": attack("The method asks for a tunnel, for an echo, or is none.", "RFC 9110 §9.3.6, §9.3.8"),
  "FR-38": attack("Something else than HTTP/1 speaks to the port.", "RFC 9113 §3.4"),
  "FR-39": attack("A client closes its sending side inside a body.", "RFC 9112 §8"),
  "FR-40": attack("An upgrade asks for h2c, which would go past every rule of the proxy.", "RFC 9113 §3.1"),
  "FR-41": attack("Bytes come behind an upgrade before it was agreed to.", "RFC 9110 §7.8, CVE-2026-2833"),
  "FR-42": attack("An endpoint switches protocols unasked, or to another one.", "RFC 9110 §15.2.2"),
  "FR-43": attack("A request is refused before its body was read, and bytes go on coming.", "RFC 9112 §9.6"),
  "FR-44": attack("The same bytes come in packets cut at every position.", "RFC 9293 §3.8"),
};

/** Header fields that are trusted, and names of hosts. */
const FIELDS: Readonly<Record<string, KnownAttack>> = {
  "HD-01": attack("A client says which address, scheme or host it came by.", "RFC 7239 §8.1"),
  "HD-02": attack("A trusted field comes with underscores or dots in its name.", "CVE-2026-39858, CGI's names"),
  "HD-03": attack(
    "Connection names fields that the endpoint relies on, so that they are removed.",
    "RFC 9110 §7.6.1, CVE-2024-45410",
  ),
  "HD-04": attack("Connection names a framing field.", "RFC 9110 §7.6.1"),
  "HD-05": attack(
    "Fields of one connection are sent to be passed on, `Proxy` among them.",
    "RFC 9110 §7.6.1, CVE-2016-5385",
  ),
  "HD-06": attack("Host is missing, empty, or there twice.", "RFC 9112 §3.2"),
  "HD-07": attack("Host holds what no host name has.", "RFC 9110 §7.2, RFC 3986 §3.2.2"),
  "HD-08": attack("The authority of the target is another one than Host.", "RFC 9112 §3.2.2"),
  "HD-09": attack("The case, a last dot or the port of a host select another host.", "RFC 9110 §4.2.3, CVE-2026-27588"),
  "HD-10": attack("A target is neither a path nor an address.", "RFC 9112 §3.2"),
  "HD-11": attack(
    "A client sends the field in which an authentication service would name the user.",
    "ingress-nginx, auth-response-headers",
  ),
  "HD-12": attack(
    "A client sends the fields in which its certificate would be described.",
    "ingress-nginx, ssl-client-*",
  ),
  "HD-13": attack("Names are those of properties that every JavaScript object has.", "CWE-1321"),
  "HD-14": attack(
    "Texts of objects hold line ends that would become fields or directives.",
    "CVE-2021-25748, CVE-2023-5043",
  ),
  "HD-15": attack("Cookies are many, large, or forged to choose an endpoint.", "RFC 6265 §5.4, RFC 9113 §8.2.3"),
};

/** Paths that two readers take for different ones. */
const PATHS: Readonly<Record<string, KnownAttack>> = {
  "PT-01": attack("Dot segments, plain or encoded, leave a path.", "RFC 3986 §5.2.4"),
  "PT-02": attack("Dot segments climb above the root.", "RFC 3986 §5.2.4"),
  "PT-03": attack("An encoded slash or backslash hides a segment.", "RFC 3986 §2.2"),
  "PT-04": attack("A path is encoded twice.", "RFC 3986 §2.4, CVE-2025-66490"),
  "PT-05": attack("Slashes come twice.", "RFC 3986 §3.3"),
  "PT-06": attack("Parameters of a segment hide dots.", "RFC 3986 §3.3"),
  "PT-07": attack("A backslash stands for a slash.", "WHATWG URL §4.4"),
  "PT-08": attack("A path holds an encoded NUL.", "CWE-158"),
  "PT-09": attack("A path holds bytes that are no UTF-8, or a longer form of an ASCII character.", "RFC 3629 §3"),
  "PT-10": attack("A percent sign is not followed by two hexadecimal digits.", "RFC 3986 §2.1"),
  "PT-11": attack("A target has a fragment.", "RFC 9112 §3.2"),
  "PT-12": attack("A path holds blanks, control bytes or characters that no address has.", "RFC 3986 §2"),
  "PT-13": attack("Encoded line ends in a path reach a field.", "CWE-113"),
  "PT-14": attack("What a rewrite makes of a path climbs, or has a query or a fragment of its own.", "CVE-2026-42945"),
  "PT-15": attack("A prefix ends inside a segment.", "Kubernetes Ingress, pathType Prefix"),
  "PT-16": attack("A redirect leads to a host that the client chose.", "CWE-601"),
  "PT-17": attack("Letters of a path have another case.", "RFC 3986 §6.2.2.1"),
};

/** HTTP/2 from clients. */
const HTTP2: Readonly<Record<string, KnownAttack>> = {
  "H2-01": attack("A field value holds CR, LF or NUL.", "RFC 9113 §8.2.1"),
  "H2-02": attack("A field name holds what no name has.", "RFC 9113 §8.2.1"),
  "H2-03": attack("Blanks surround a field value.", "RFC 9113 §8.2.1"),
  "H2-04": attack("A request has a Transfer-Encoding.", "RFC 9113 §8.2.2"),
  "H2-05": attack("A request has fields of a connection.", "RFC 9113 §8.2.2"),
  "H2-06": attack("The length that was announced is not that of the body.", "RFC 9113 §8.1.1"),
  "H2-07": attack("Content-Length comes twice or is no number.", "RFC 9113 §8.1.1"),
  "H2-08": attack("`:path` is no path, or holds a request line.", "RFC 9113 §8.3.1, CVE-2026-42926"),
  "H2-09": attack("`:method` holds a request line.", "RFC 9113 §8.3.1"),
  "H2-10": attack("`:scheme` holds an address or line ends.", "RFC 9113 §8.3.1"),
  "H2-11": attack("`:authority` holds what no authority has.", "RFC 9113 §8.3.1"),
  "H2-12": attack("`:authority` and `host` are different.", "RFC 9113 §8.3.1"),
  "H2-13": attack("Pseudo-header fields are missing, unknown, late or there twice.", "RFC 9113 §8.3"),
  "H2-14": attack("CONNECT asks for a tunnel, plain or extended.", "RFC 9113 §8.5, RFC 8441 §4"),
  "H2-15": attack("Trailers hold pseudo-header or framing fields.", "RFC 9113 §8.1"),
  "H2-16": attack("HTTP/2 is spoken to a plain port.", "RFC 9113 §3.3"),
  "H2-17": attack("Requests are reset as soon as they are sent.", "CVE-2023-44487"),
  "H2-18": attack("Frames make the server reset its own streams.", "CVE-2025-8671"),
  "H2-19": attack("A header block has no end.", "CVE-2024-27316"),
  "H2-20": attack("Frames that do nothing come by the hundred thousand.", "CVE-2019-9518"),
  "H2-21": attack(
    "SETTINGS and PING come by the hundred thousand, and their answers are not read.",
    "CVE-2019-9515, CVE-2019-9512",
  ),
  "H2-22": attack("Few bytes of a compressed header block become many fields.", "CVE-2026-47774, CVE-2026-49975"),
  "H2-23": attack("A client asks for large answers with a window of nothing.", "CVE-2019-9517"),
  "H2-24": attack("A client opens large windows and stops to read.", "CVE-2019-9517"),
  "H2-25": attack("Thousands of streams are opened at once, or opened and left.", "RFC 9113 §5.1.2"),
  "H2-26": attack("Window updates overflow the window of a connection.", "RFC 9113 §6.9.1"),
  "H2-27": attack("An endpoint names ever more origins.", "RFC 8336 §2"),
  "H2-28": attack("One connection asks for several hosts of a certificate.", "RFC 9113 §9.1.1"),
  "H2-29": attack("New streams come while the connection is being drained.", "RFC 9113 §6.8"),
};

/** Endpoints that answer wrongly, late or not at all. */
const ENDPOINTS: Readonly<Record<string, KnownAttack>> = {
  "BE-01": attack("An answer has Content-Length and Transfer-Encoding.", "RFC 9112 §6.3"),
  "BE-02": attack("The Content-Length of an answer is no number, or there twice.", "RFC 9112 §6.3"),
  "BE-03": attack("The Transfer-Encoding of an answer is unknown.", "RFC 9112 §6.1"),
  "BE-04": attack("The chunks of an answer are malformed.", "RFC 9112 §7.1"),
  "BE-05": attack("An answer ends before its body does.", "RFC 9112 §8"),
  "BE-06": attack("Bytes follow an answer, at once or on the idle connection.", "RFC 9112 §9.2"),
  "BE-07": attack("A status line has another version, an odd status or control bytes.", "RFC 9112 §4"),
  "BE-08": attack("Fields of an answer hold control bytes or bare line ends.", "RFC 9110 §5.5"),
  "BE-09": attack("The head of an answer has no end.", "RFC 6585 §5"),
  "BE-10": attack("Interim answers come unasked, by the thousand, or to an HTTP/1.0 client.", "RFC 9110 §15.2"),
  "BE-11": attack("An endpoint accepts and says nothing, or one byte a second.", "RFC 9110 §15.6.5"),
  "BE-12": attack("An endpoint cannot be connected to, or resets.", "RFC 9293 §3.10.7"),
  "BE-13": attack("An endpoint closes an idle connection in the moment in which it is used.", "RFC 9112 §9.3.1"),
  "BE-14": attack("Endpoints change under load.", "Kubernetes EndpointSlice"),
  "BE-15": attack("No endpoint is left.", "Kubernetes EndpointSlice"),
  "BE-16": attack("An endpoint comes and goes.", "Envoy, outlier detection"),
  "BE-17": attack("The answer names fields of its connection.", "RFC 9110 §7.6.1"),
  "BE-18": attack("An answer has a Location or a cookie that a rewrite takes apart.", "ingress-nginx, proxy-redirect"),
};

/** Clients that are slow, greedy or speak TLS oddly; upgrades; names; objects. */
const OTHERS: Readonly<Record<string, KnownAttack>> = {
  "DS-01": attack("A head comes one line at a time, for ever.", "CVE-2007-6750"),
  "DS-02": attack("A body comes one byte at a time, for ever.", "CVE-2007-6750"),
  "DS-03": attack("A large answer is read slowly or not at all.", "CWE-400"),
  "DS-05": attack("TLS handshakes are begun and left.", "CWE-400"),
  "DS-08": attack("A body is larger than the limit, or announced so.", "RFC 9110 §15.5.14"),
  "DS-12": attack("A request asks for a thousand parts of a range.", "CVE-2011-3192"),
  "TL-01": attack("A client offers protocols and ciphers that are broken.", "RFC 9325 §3, §4"),
  "TL-02": attack("A client asks for a new handshake inside the connection.", "CVE-2011-1473"),
  "TL-04": attack("A session of one host is resumed at another.", "CVE-2025-23419"),
  "TL-07": attack(
    "A server name is no name: too long, with NUL, or a property of every object.",
    "RFC 6066 §3, CVE-2026-21637",
  ),
  "TL-08": attack("A ClientHello is malformed or cut into single bytes.", "RFC 8446 §4.1.2"),
  "TL-09": attack("A connection breaks during the handshake.", "CVE-2025-59465"),
  "TL-10": attack("ALPN offers other protocols than the connection then speaks.", "RFC 7301 §3.2"),
  "TL-11": attack("A certificate is replaced by something that is none.", "Kubernetes Secret, kubernetes.io/tls"),
  "TL-12": attack("A certificate is deleted.", "Kubernetes Secret, kubernetes.io/tls"),
  "TL-13": attack("Keys of session tickets are never replaced.", "RFC 5077 §5.5"),
  "WS-01": attack("A WebSocket handshake has no key or an unknown version.", "RFC 6455 §4.2.1"),
  "WS-02": attack("An endpoint refuses a WebSocket, or accepts another one.", "RFC 6455 §4.1"),
  "WS-03": attack("Tunnels are idle, half closed or not read.", "RFC 6455 §7"),
  "RT-13": attack(
    "The name of an external service does not resolve, resolves slowly, or to an inner address.",
    "CWE-918",
  ),
  "K8-08": attack("Two Ingresses claim the same host and path.", "Kubernetes Ingress, ingress-nginx's order"),
};

export const KNOWN_ATTACKS: Readonly<Record<string, KnownAttack>> = {
  ...FRAMING,
  ...FIELDS,
  ...PATHS,
  ...HTTP2,
  ...ENDPOINTS,
  ...OTHERS,
};
