#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import path from 'node:path';

// Compiled code lies beside the code itself: whoever may write the one may write the other. Where this user may write
// neither, everything is compiled at each start.
enableCompileCache(path.join(import.meta.dirname, '.compiled'));
await import('./main.ts');
