/**
 * The mock model upstream as tests see it. Its program lives in e2e/mock-upstream, outside of what the server is built
 * from, and is loaded by address; these are the types on both sides of that door.
 */

/** One content block of a reply. */
export type MockBlock =
  | { type: 'text'; text: string }
  /** Chat Completions carries it as `reasoning_content`, without a signature. */
  | { type: 'thinking'; text: string; signature?: string }
  /** Messages only. */
  | { type: 'redactedThinking'; data: string }
  /** Arguments given as a string are sent as they are: broken or cut-off JSON. */
  | { type: 'toolCall'; name: string; args: Record<string, unknown> | string; id?: string };

export interface MockUsage {
  input: number;
  output: number;
  cacheRead?: number;
  cacheWrite?: number;
}

/** One answer of the upstream. Counts of frames are of content frames: pieces of text, thinking and arguments. */
export interface MockReply {
  blocks?: MockBlock[];
  /** Default: `toolUse` when there is a tool call, else `stop`. */
  stopReason?: 'stop' | 'length' | 'toolUse' | 'refusal';
  usage?: MockUsage;
  /** Instead of a stream. `body` replaces the wire's own error shape. */
  error?: { status: number; type?: string; message?: string; retryAfter?: string; body?: string };
  /** An error event in the stream after so many content frames (default: after all). */
  streamError?: { type: string; message: string; afterFrames?: number };
  /** The stream breaks off after so many content frames: the socket is destroyed, or ends without its last events. */
  cut?: { afterFrames: number; how: 'destroy' | 'end' };
  /** After so many content frames nothing more comes until the client leaves. */
  hang?: { afterFrames: number };
  /** Says everything and then keeps the connection open until the client leaves. */
  neverHangsUp?: boolean;
  /** Before the response begins. */
  startDelayMs?: number;
  /** Before each content frame. */
  frameDelayMs?: number;
  /** Code points per content frame; default 4. */
  pieceLength?: number;
  /** Bytes per write to the socket, whatever the frames are; default: one write per frame. */
  writeBytes?: number;
}

export interface RecordedRequest {
  wire: 'messages' | 'chat-completions' | 'models';
  key: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  /** Parsed JSON; undefined for GET. */
  body: unknown;
  receivedAt: number;
  /** The client left before the answer was complete. */
  left: boolean;
}

export type MockScript = readonly MockReply[] | ((request: RecordedRequest, index: number) => MockReply);

export interface MockUpstreamOptions {
  script: MockScript;
  /** Keys that are accepted; absent: every one that is not empty. May be changed while it runs. */
  keys?: string[];
  port?: number;
  /** Absent: the loopback. In a container of its own it has to listen for others. */
  host?: string;
}

export interface MockUpstream {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** Model calls only, refused ones included. */
  readonly requests: RecordedRequest[];
  close(): Promise<void>;
}

/** Starts one on a free port of the loopback. */
export async function startMockUpstream(options: MockUpstreamOptions): Promise<MockUpstream> {
  const address = new URL('../../../e2e/mock-upstream/mock-upstream.ts', import.meta.url).href;
  const program: { startMockUpstream(options: MockUpstreamOptions): Promise<MockUpstream> } = await import(address);
  return program.startMockUpstream(options);
}
