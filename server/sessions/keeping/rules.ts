import { z } from 'zod';
import type { Config } from '../../contract/config.ts';
import { idSchema } from '../../contract/ids.ts';
import type { RetentionRules } from '../../contract/keeping.ts';
import { AppError } from '../../lib/app-error.ts';

/** Rules as a person may give them for once; what is left out is as the settings say, all of it when nothing is given. */
export const retentionRulesSchema = z.strictObject({
  maxAgeDays: z.number().min(0).max(36_500).optional().describe('Sessions without activity for longer go.'),
  maxTotalBytes: z.number().int().min(0).optional().describe('The longest unused go until the rest fits.'),
  maxLogDays: z.number().int().min(1).max(36_500).optional().describe('Log files of older days go.'),
  tenantId: idSchema.optional().describe('Only this tenant’s sessions count and go.'),
});

/** What goes by itself; undefined: nothing. */
export function rulesOf({ sessionsDays, maxSessionsBytes, logsDays }: Config['retention']): RetentionRules | undefined {
  const rules = {
    ...(sessionsDays !== undefined && { maxAgeDays: sessionsDays }),
    ...(maxSessionsBytes !== undefined && { maxTotalBytes: maxSessionsBytes }),
    ...(logsDays !== undefined && { maxLogDays: logsDays }),
  };
  return Object.keys(rules).length === 0 ? undefined : rules;
}

/** Throws AppError `no_retention_rules` (400) when neither the request nor the settings say what may go. */
export function rulesToApply(
  given: z.output<typeof retentionRulesSchema>,
  settings: Config['retention'],
): RetentionRules {
  const { tenantId, ...limits } = given;
  const wanted = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  const rules = Object.keys(wanted).length > 0 ? wanted : rulesOf(settings);
  if (rules === undefined) {
    const message = 'Nothing says what may go. Set retention in the settings, or give an age or a size.';
    throw new AppError('no_retention_rules', message, { status: 400 });
  }
  return { ...rules, ...(tenantId !== undefined && { tenantId }) };
}
