import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { Card } from '../../../ui/card.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { ScrollBox } from '../../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';

export function InspectTab({ id }: { id: string }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data, error, refetch } = useQuery({
    queryKey: ['inspect', id],
    queryFn: () => answer(api.sandboxes[':id'].inspect.$get({ param: { id } })),
  });
  const text = data ? JSON.stringify(data.container, undefined, 2) : '';
  return (
    <Card
      title={t('sandboxes.detail.inspect.label')}
      aside={data && <CopyButton text={text} label={t('sandboxes.detail.inspect.copy')} />}
    >
      {error ? (
        <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows />
      ) : (
        <ScrollBox label={t('sandboxes.detail.inspect.label')} className="max-h-[65vh] overflow-auto">
          <pre className="mono px-3.5 py-3">{text}</pre>
        </ScrollBox>
      )}
    </Card>
  );
}
