import { exitCodes } from './opened-data.ts';
import { endQuietlyWithReader } from './output.ts';
import { createProgram } from './program.ts';
import { endWithUsage } from './usage.ts';

/** Exit codes: 0 fine, 1 problem found, 2 usage, 3 not reachable. */
endQuietlyWithReader();
const program = createProgram();
endWithUsage(program, (code) => process.exit(code === 0 ? exitCodes.fine : exitCodes.usage));
await program.parseAsync();
