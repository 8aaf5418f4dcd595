import { useTranslation } from 'react-i18next';
import type { SandboxInfo } from '../../../server/contract/sandbox.ts';
import { Checkbox } from '../../ui/checkbox.tsx';
import { HeadCell, Table } from '../../ui/table.tsx';
import { useNow } from '../../ui/use-now.ts';
import { SandboxRow } from './sandbox-row.tsx';

interface Props {
  sandboxes: readonly SandboxInfo[];
  titleOf(sandbox: SandboxInfo): string;
  ticked: ReadonlySet<string>;
  onTick(ticked: ReadonlySet<string>): void;
  onDestroy(sandbox: SandboxInfo): void;
}

const columns = ['session', 'state', 'tenant', 'cpu', 'memory', 'disk', 'created', 'ends'] as const;
const wide = { session: 'w-full', tenant: 'max-wide:hidden', disk: 'text-right' } as Partial<Record<string, string>>;

export function SandboxTable({ sandboxes, titleOf, ticked, onTick, onDestroy }: Props) {
  const { t } = useTranslation();
  const now = useNow(1000);
  const count = sandboxes.filter(({ id }) => ticked.has(id)).length;
  const tick = (id: string, isOn: boolean) => {
    const next = new Set(ticked);
    if (isOn) next.add(id);
    else next.delete(id);
    onTick(next);
  };
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
      <tbody>
        {sandboxes.map((sandbox) => (
          <SandboxRow
            key={sandbox.id}
            sandbox={sandbox}
            title={titleOf(sandbox)}
            now={now}
            isTicked={ticked.has(sandbox.id)}
            onTick={(isOn) => tick(sandbox.id, isOn)}
            onDestroy={() => onDestroy(sandbox)}
          />
        ))}
      </tbody>
    </Table>
  );
}
