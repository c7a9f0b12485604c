/** Takes every step at once and gives what comes of them. */
export function takeAll<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
