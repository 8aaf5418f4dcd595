/** What every server of the stream benchmark is made to say. */
export const tokens = Array.from({ length: 200 }, (_, index) => ` tok${index}`);
export const tokenPauseMs = 20;
export const toolRounds = 10;
/** A stream is whole when its bytes hold the last token. */
export const firstToken = 'tok0';
export const lastToken = 'tok199';

export type Scenario = 'burst' | 'first' | 'paced' | 'silent' | 'tools';

/** What a server of the benchmark is asked: `POST /` with this, answered by a stream. */
export interface BenchRequest {
  message: string;
  model: Scenario;
}
