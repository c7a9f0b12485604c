import { readFileSync, statSync } from "node:fs";

export interface CertificatePaths {
  readonly certificatePath: string;
  readonly keyPath: string;
  /** Authority of client certificates; null: none are asked for. */
  readonly clientCaPath: string | null;
}

/** As node:https takes it. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** The files of a mounted Secret. They are looked at again for each connection, so that a renewed certificate is used at once. */
export class CertificateFiles {
  readonly #paths: CertificatePaths;
  #seen = "";

  constructor(paths: CertificatePaths) {
    this.#paths = paths;
  }

  /** Null when nothing changed since the last call. Throws when a file cannot be read; the next call tries again. */
  readChanged(): TlsMaterial | null {
    const { certificatePath, keyPath, clientCaPath } = this.#paths;
    const paths = clientCaPath === null ? [certificatePath, keyPath] : [certificatePath, keyPath, clientCaPath];
    const state = paths.map(stateOf).join();
    if (state === this.#seen) return null;
    const ca = clientCaPath === null ? {} : { ca: readFileSync(clientCaPath) };
    const material = { cert: readFileSync(certificatePath), key: readFileSync(keyPath), ...ca };
    this.#seen = state;
    return material;
  }
}

/** A Secret's files are replaced by moving a link, which gives another inode. */
function stateOf(path: string): string {
  const { ino, mtimeMs, size } = statSync(path);
  return `${ino} ${mtimeMs} ${size}`;
}
