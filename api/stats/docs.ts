import { statisticsFigures } from '../../domain/reports/statistics.ts';
import { empty, jsonOrPage, type ResourceDocs, time } from 'durable-jobs/http';

const byPeriod = { total: 1520, last24Hours: 14, last7Days: 96 };

/** API description of the statistics. */
export const statsDocs: ResourceDocs = {
  name: 'Statistics',
  description: 'Figures of the shop, refreshed every half hour.',
  routes: {
    'GET /api/stats': {
      id: 'getStatistics',
      summary: 'Read the statistics as of their last refresh',
      answers: {
        200: jsonOrPage(
          'The statistics.',
          statisticsFigures.extend({ refreshedAt: time }).meta({ id: 'Statistics' }),
          {
            refreshedAt: '2026-03-02T09:00:00.000Z',
            users: byPeriod,
            orders: byPeriod,
            ordersByStatus: { completed: 1402, cancelled: 61, payment_failed: 57 },
            revenue: [
              {
                period: 'total',
                currency: 'EUR',
                takenMinor: 4_012_350,
                refundedMinor: 20_100,
                netMinor: 3_992_250,
              },
            ],
            emailsSent: byPeriod,
            emailsByStatus: { sent: 2960, dead: 3 },
            paymentAttempts: byPeriod,
            paymentFailures: byPeriod,
          },
        ),
        304: empty('Not modified: the `ETag` matches `If-None-Match`.'),
      },
    },
  },
};
