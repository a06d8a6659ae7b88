package api_test

import "fmt"

// storedLot is aluminium of the supplier that the keeper has counted, at 20,000 yuan a ton.
func (w *world) storedLot(quantity string) string {
	w.Helper()
	id := w.act(supplier, "/v1/lots", object{"keeper": keeper, "quantity": quantity,
		"goods": object{"name": "铝锭", "code": "AL9970", "quality": "Al99.70"}}).ID
	w.act(keeper, "/v1/lots/"+id+"/store", object{"counted": quantity, "site": "前湾港 3 号库",
		"position": fmt.Sprintf("A-%d", w.serial.Add(1)), "date": w.days(0)})
	w.act(keeper, "/v1/lots/"+id+"/value", object{"source": "SMM", "date": w.days(0), "price": "20000.00"})
	return id
}

// issuedReceipt is a receipt of the keeper over part of a lot.
func (w *world) issuedReceipt(lot, quantity string) string {
	w.Helper()
	return w.act(keeper, "/v1/warehouse-receipts", object{"lot": lot, "quantity": quantity, "contents": w.face()}).ID
}

func (w *world) face() object {
	return object{"number": fmt.Sprintf("WR%d", w.serial.Add(1)), "depositorAddress": "青岛市黄岛区前湾路 1 号", "lossStandard": "0.3 %",
		"storedUntil": w.days(180), "fee": "0.6 元/吨·天", "issuePlace": "青岛"}
}
