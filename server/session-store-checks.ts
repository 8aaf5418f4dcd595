/**
 * For who keeps sessions in a store of their own: the checks that every store of ours passes. Needs no test runner; only
 * `expect` is asked for, Vitest's or one that knows the same words.
 */
export { describeSessionStore, type StoreUnderTest } from './sessions/conformance.ts';
export { type DeepStoreUnderTest, describeAgentrailSessionStore } from './sessions/conformance-depth.ts';
export {
  type ConformanceFinding,
  type ConformanceHarness,
  type ConformanceRunner,
  createConformanceRunner,
} from './sessions/conformance-harness.ts';
export type { AgentrailSessionStore, SessionStore } from './sessions/store.ts';
