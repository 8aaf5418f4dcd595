import { type Dispatch, type SetStateAction, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { SandboxInfo } from '../../../server/contract/sandbox.ts';
import { Checkbox } from '../../ui/checkbox.tsx';
import { HeadCell, Table } from '../../ui/table.tsx';
import { useNow } from '../../ui/use-now.ts';
import { NowContext } from './sandbox-figures.tsx';
import { SandboxRow } from './sandbox-row.tsx';

interface Props {
  sandboxes: readonly SandboxInfo[];
  titleOf(sandbox: SandboxInfo): string;
  ticked: ReadonlySet<string>;
  onTick: Dispatch<SetStateAction<ReadonlySet<string>>>;
  /** The same function each time, so that a row is drawn again only when it changed. */
  onDestroy(sandbox: SandboxInfo): void;
}

const columns = ['session', 'state', 'tenant', 'cpu', 'memory', 'disk', 'created', 'ends'] as const;
const wide = { session: 'w-full', tenant: 'max-roomy:hidden', disk: 'text-right' } as Partial<Record<string, string>>;

export function SandboxTable({ sandboxes, titleOf, ticked, onTick, onDestroy }: Props) {
  const { t } = useTranslation();
  const now = useNow(1000);
  const count = sandboxes.filter(({ id }) => ticked.has(id)).length;
  const tick = useCallback(
    (id: string, isOn: boolean) =>
      onTick((before) => (isOn ? before.union(new Set([id])) : before.difference(new Set([id])))),
    [onTick],
  );
  return (
    <Table label={t('sandboxes.table')}>
      <thead>
        <tr>
          <HeadCell className="pr-0">
            <Checkbox
              label={t('sandboxes.columns.select')}
              checked={count === sandboxes.length}
              indeterminate={count > 0 && count < sandboxes.length}
              onChange={(isOn) => onTick(new Set(isOn ? sandboxes.map(({ id }) => id) : []))}
            />
          </HeadCell>
          {columns.map((column) => (
            <HeadCell key={column} className={wide[column]}>
              {t(`sandboxes.columns.${column}`)}
            </HeadCell>
          ))}
          <HeadCell>
            <span className="sr-only">{t('sandboxes.columns.actions')}</span>
          </HeadCell>
        </tr>
      </thead>
      <NowContext value={now}>
        <tbody>
          {sandboxes.map((sandbox) => (
            <SandboxRow
              key={sandbox.id}
              sandbox={sandbox}
              title={titleOf(sandbox)}
              isTicked={ticked.has(sandbox.id)}
              onTick={tick}
              onDestroy={onDestroy}
            />
          ))}
        </tbody>
      </NowContext>
    </Table>
  );
}
