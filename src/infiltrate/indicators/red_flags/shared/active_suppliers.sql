/*
row: One row per process and supplier with an identifier of an active award.
needs: [ocds_award_suppliers]
*/
SELECT DISTINCT
    supplier.process AS process,
    supplier.supplier_id AS supplier_id
FROM ocds_award_suppliers AS supplier
WHERE supplier.status = 'active'
