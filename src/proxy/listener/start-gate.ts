import type { Socket } from "node:net";
import { Deadline, type TimerWheel } from "../../wire/wire.ts";

/** Connections that wait at a time; more go on at once, to be told 503. */
const MAX_WAITING = 1024;

interface Waiting {
  readonly deadline: Deadline;
  readonly goOn: () => void;
}

/** Where the first connections wait, unread, until there is something to serve, each for a limited time. */
export class StartGate {
  readonly #wheel: TimerWheel;
  readonly #limitMs: number;
  readonly #waiting = new Map<Socket, Waiting>();
  #isOpen = false;

  constructor(wheel: TimerWheel, limitMs: number) {
    this.#wheel = wheel;
    this.#limitMs = limitMs;
  }

  /** Calls `accept` with the socket at once when open, else when opened or when its time is over; never for one that has closed. */
  pass(socket: Socket, accept: (socket: Socket) => void): void {
    if (this.#isOpen || this.#waiting.size >= MAX_WAITING) {
      accept(socket);
      return;
    }
    const onGone = (): void => this.#leave(socket);
    const goOn = (): void => {
      this.#leave(socket);
      accept(socket);
      socket.off("error", onGone).off("close", onGone);
    };
    socket.on("error", onGone).on("close", onGone);
    const deadline = new Deadline(goOn);
    this.#waiting.set(socket, { deadline, goOn });
    this.#wheel.arm(deadline, this.#limitMs);
  }

  /** Lets everybody in, from now on. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const { goOn } of this.#waiting.values()) goOn();
  }

  /** Cuts off who still waits. */
  close(): void {
    this.#isOpen = true;
    for (const socket of this.#waiting.keys()) socket.destroy();
  }

  #leave(socket: Socket): void {
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) return;
    this.#waiting.delete(socket);
    this.#wheel.disarm(waiting.deadline);
  }
}
