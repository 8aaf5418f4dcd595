import { dial } from './dial.ts';
import { isSessionGone, mcpFault } from './mcp-fault.ts';
import { offerTools } from './offer-tools.ts';

export type Protocol = typeof protocol;

/**
 * What speaks the protocol, with the client package and its validators: loaded when the first server starts. Most people
 * have none, and it is a fifth of the program.
 */
export const protocol = { dial, isSessionGone, mcpFault, offerTools };
