import type { SupportStatus } from "../../lib/support-status.ts";
import { unsupportedKeys } from "../entries/config-key.ts";
import { isWord, unsupported } from "../entries/entry.ts";
import { unbuilt } from "../entries/feature.ts";

const STREAMED: SupportStatus = {
  kind: "accepted",
  why: "bodies are streamed both ways, in bounded memory and never through a file",
};

/** Where nginx keeps bodies on their way; here they are never kept. */
export const BUFFERING = unbuilt(
  unsupported({ group: "Proxying", status: STREAMED }, [
    ["client-body-buffer-size", "low", "size", "`8k`", "Memory for a body before it goes to a file."],
    [
      "proxy-request-buffering",
      "low",
      "`on`, `off`",
      "`on`",
      "Reads the whole body before asking the endpoint.",
      isWord("off"),
    ],
    ["proxy-buffering", "low", "`on`, `off`", "`off`", "Reads the response ahead of the client.", isWord("off")],
    ["proxy-buffers-number", "low", "int", "4", "Buffers of a response."],
    ["proxy-busy-buffers-size", "low", "size", "unset", "Buffers that may be busy with sending."],
    ["proxy-max-temp-file-size", "low", "size", "`1024m`", "File that a response may fill."],
  ]),
  unsupportedKeys({ group: "Proxying, timeouts, retries", status: STREAMED }, [
    ["proxy-request-buffering", "text", "on", "Reads the whole body before asking the endpoint."],
    ["proxy-buffering", "text", "off", "Reads the response ahead of the client."],
    ["proxy-buffers-number", "int", "4", "Buffers of a response."],
    ["proxy-busy-buffers-size", "text", "", "Buffers that may be busy with sending."],
    ["proxy-max-temp-file-size", "text", "1024m", "File that a response may fill."],
    ["client-body-buffer-size", "text", "8k", "Memory for a body before it goes to a file."],
    ["client-header-buffer-size", "text", "1k", "First buffer for a request head."],
    ["grpc-buffer-size-kb", "int", "0", "Buffer of gRPC responses."],
  ]),
);
