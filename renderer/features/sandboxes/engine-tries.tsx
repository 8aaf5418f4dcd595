import { useTranslation } from 'react-i18next';
import type { EngineTry } from '../../../server/contract/sandbox.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { Chip } from '../../ui/chip.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';

/** Every place that was tried, in order, and what came of it. */
export function EngineTries({ tries }: { tries: EngineTry[] }) {
  const { t } = useTranslation();
  return (
    <Table label={t('sandboxes.tries', { count: tries.length })}>
      <thead>
        <tr>
          <HeadCell>{t('sandboxes.tryColumns.endpoint')}</HeadCell>
          <HeadCell>{t('sandboxes.tryColumns.origin')}</HeadCell>
          <HeadCell>{t('sandboxes.tryColumns.state')}</HeadCell>
          <HeadCell className="w-full">{t('sandboxes.tryColumns.error')}</HeadCell>
        </tr>
      </thead>
      <tbody>
        {tries.map((each) => (
          <Row key={`${each.origin} ${each.endpoint}`}>
            <Cell className="mono">{each.endpoint}</Cell>
            <Cell className="text-dim">
              <ServerText>{each.origin}</ServerText>
            </Cell>
            <Cell>
              <Chip dot tone={each.state === 'connected' ? 'ok' : each.state === 'not_found' ? 'idle' : 'warn'}>
                {t(`sandboxes.tryStates.${each.state}`)}
              </Chip>
            </Cell>
            <Cell className="mono text-dim">{each.error ?? ''}</Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}
