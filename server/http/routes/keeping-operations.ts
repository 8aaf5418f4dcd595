import { z } from 'zod';
import { idSchema } from '../../contract/ids.ts';
import {
  erasureReportSchema,
  importReportSchema,
  keptSizesSchema,
  retentionPlanSchema,
  retentionReportSchema,
} from '../../contract/keeping-schemas.ts';
import { retentionRulesSchema } from '../../sessions/keeping/rules.ts';
import type { Operation } from '../operation.ts';

export const tenantParams = z.object({ tenantId: idSchema });
export const userParams = z.object({ tenantId: idSchema, userId: idSchema });
export const importQuery = z.object({
  merge: z
    .enum(['skip', 'replace'])
    .optional()
    .describe('What happens to sessions that are there already. Absent: a tenant that is there is refused.'),
});

const ofData = { tag: 'Data', access: ['admin'], spansTenants: true } as const;
const rules = { name: 'RetentionRules', schema: retentionRulesSchema };
const erased = { name: 'ErasureReport', schema: erasureReportSchema };

export const keepingOperations: Operation[] = [
  {
    ...ofData,
    method: 'get',
    path: '/api/data/sizes',
    id: 'readSizes',
    summary: 'See how much is kept, by tenant',
    answers: [{ status: 200, description: 'The sums.', body: { name: 'KeptSizes', schema: keptSizesSchema } }],
  },
  {
    ...ofData,
    method: 'post',
    path: '/api/retention/preview',
    id: 'previewRetention',
    summary: 'See what would be deleted; changes nothing',
    body: rules,
    answers: [
      { status: 200, description: 'Oldest first.', body: { name: 'RetentionPlan', schema: retentionPlanSchema } },
    ],
  },
  {
    ...ofData,
    method: 'post',
    path: '/api/retention/apply',
    id: 'applyRetention',
    summary: 'Delete what the preview shows',
    description: 'Sessions with a run stay, and those that became active meanwhile.',
    body: rules,
    answers: [
      { status: 200, description: 'What went.', body: { name: 'RetentionReport', schema: retentionReportSchema } },
    ],
  },
  {
    ...ofData,
    method: 'get',
    path: '/api/tenants/:tenantId/export',
    id: 'exportTenant',
    summary: 'Take a tenant along, without its workspaces',
    params: tenantParams,
    errors: [404],
    answers: [{ status: 200, description: 'For the import.', contentType: 'application/gzip' }],
  },
  {
    ...ofData,
    method: 'post',
    path: '/api/tenants/import',
    id: 'importTenant',
    summary: 'Bring a tenant in',
    description: 'The body is what the export gave, as application/gzip. All of it arrives unharmed, or nothing does.',
    query: importQuery,
    errors: [409, 413],
    answers: [
      { status: 200, description: 'What came in.', body: { name: 'ImportReport', schema: importReportSchema } },
    ],
  },
  {
    ...ofData,
    method: 'delete',
    path: '/api/tenants/:tenantId',
    id: 'eraseTenant',
    summary: 'Erase everything of a tenant',
    description: 'Ends its runs. Backups and logs keep what they hold until they go themselves.',
    params: tenantParams,
    answers: [{ status: 200, description: 'What went.', body: erased }],
  },
  {
    ...ofData,
    method: 'delete',
    path: '/api/tenants/:tenantId/users/:userId',
    id: 'eraseUser',
    summary: 'Erase everything of a user',
    description: 'Ends their runs. Backups and logs keep what they hold until they go themselves.',
    params: userParams,
    answers: [{ status: 200, description: 'What went.', body: erased }],
  },
];
