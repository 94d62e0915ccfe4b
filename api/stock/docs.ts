import { z } from 'zod';
import { sku } from '../../contracts/sku.ts';
import { skuParams, stockLevelBody } from '../schemas.ts';
import { json, jsonBody, type ResourceDocs } from 'durable-jobs/http';

const level = z
  .strictObject({ sku, available: z.int().meta({ description: 'The available quantity.' }) })
  .meta({ id: 'StockLevel' });

const example = { sku: 'BOOK-1', available: 12 };

/** API description of stock levels. */
export const stockDocs: ResourceDocs = {
  name: 'Stock',
  description: 'The available quantity of each SKU. A SKU without a stock level is made to order.',
  routes: {
    'GET /api/stock/:sku': {
      id: 'getStockLevel',
      summary: 'Read the stock level of a SKU',
      params: skuParams,
      answers: { 200: json('The stock level.', level, example) },
      problems: ['notFound'],
    },
    'PUT /api/stock/:sku': {
      id: 'setStockLevel',
      summary: 'Set the stock level of a SKU',
      params: skuParams,
      body: jsonBody(stockLevelBody, { available: 12 }),
      answers: { 200: json('The stock level is set.', level, example) },
    },
  },
};
