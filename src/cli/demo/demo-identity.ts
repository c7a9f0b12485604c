/** What an echo backend says it is. */
export interface DemoIdentity {
  /** `namespace/name`. */
  readonly service: string;
  /** Which of the Service's backends this is, such as `web-1`. */
  readonly endpoint: string;
}
