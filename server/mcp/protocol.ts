/**
 * What speaks the protocol, with the client package and its validators: loaded when the first server starts. Most people
 * have none, and it is a fifth of the program.
 */
export { dial } from './dial.ts';
export { isSessionGone, mcpFault } from './mcp-fault.ts';
export { offerTools } from './offer-tools.ts';
