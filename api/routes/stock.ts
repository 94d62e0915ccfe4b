import { findStockLevel, setStockLevel } from '../../domain/orders/stock.ts';
import type { AppDeps } from '../deps.ts';
import { notFound } from '../../packages/durable-jobs/src/http/problem.ts';
import { Routes } from '../../packages/durable-jobs/src/http/routing/routes.ts';
import { skuParams, stockLevelBody } from '../schemas.ts';
import { parseBody, parseParams } from '../../packages/durable-jobs/src/http/validate.ts';

/** Stock levels. A SKU without one is made to order. */
export function stockRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/stock');
  routes.get('/:sku', 'viewer', async (request, response) => {
    const { sku } = parseParams(request, skuParams);
    const available = await findStockLevel(deps.db, sku);
    if (available === undefined) throw notFound(`stock level of ${sku}: it is made to order`);
    response.json({ sku, available });
  });
  routes.put('/:sku', 'operator', async (request, response) => {
    const { sku } = parseParams(request, skuParams);
    const { available } = parseBody(request, stockLevelBody);
    await setStockLevel(deps.db, sku, available);
    response.json({ sku, available });
  });
  return routes;
}
