// What postings are held against, remembered from one to the next; see storage.Memo. Nobody changes what is shared here.

package ledger

import (
	"context"

	"github.com/tutas/tutas/ledger/date"
	"github.com/tutas/tutas/ledger/money"
	"github.com/tutas/tutas/storage"
)

// The keys under which a tenant's values are remembered.
type (
	settingKey       struct{}
	configurationKey struct{}
	accountKey       string
	commodityKey     money.Currency
)

// closed is what the setting says.
type closed struct {
	locked date.Date
	unread *unread
}

// closedOf reads what is closed.
func closedOf(ctx context.Context, tx *storage.Tx) (closed, error) {
	return storage.Memo(ctx, tx, settingKey{}, func() (c closed, err error) {
		set := setting{Name: allBooks}
		if _, err = settings.Load(ctx, tx, &set); err != nil {
			return c, err
		}
		if c.locked = set.Locked; set.Shut != "" {
			c.unread = &unread{text: set.Shut, through: set.Through}
		}
		return c, nil
	})
}

// accountsOf reads accounts by code; those that are not there are left out.
func accountsOf(ctx context.Context, tx *storage.Tx, codes []string) (map[string]*Account, error) {
	out := make(map[string]*Account, len(codes))
	var list []*Account
	for _, code := range codes {
		a, ok, err := storage.Recall[*Account](ctx, tx, accountKey(code))
		if err != nil {
			return nil, err
		}
		if ok {
			out[code] = a
		} else {
			list = append(list, &Account{Code: code})
		}
	}
	found, err := accounts.Load(ctx, tx, list...)
	if err != nil {
		return nil, err
	}
	for i, a := range list {
		if found[i] {
			out[a.Code] = a
			storage.Remember(tx, accountKey(a.Code), a)
		}
	}
	return out, nil
}

// ownScales reads the decimals of commodities; those that are not declared are left out.
func ownScales(ctx context.Context, tx *storage.Tx, codes []money.Currency) (map[money.Currency]int, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	out := make(map[money.Currency]int, len(codes))
	var list []*Commodity
	for _, code := range codes {
		scale, ok, err := storage.Recall[int](ctx, tx, commodityKey(code))
		if err != nil {
			return nil, err
		}
		if ok {
			out[code] = scale
		} else {
			list = append(list, &Commodity{Code: code})
		}
	}
	found, err := commodities.Load(ctx, tx, list...)
	if err != nil {
		return nil, err
	}
	for i, c := range list {
		if found[i] {
			out[c.Code] = c.Scale
			storage.Remember(tx, commodityKey(c.Code), c.Scale)
		}
	}
	return out, nil
}

// settingsOf reads the configuration with its defaults.
func settingsOf(ctx context.Context, tx *storage.Tx) (Configuration, error) {
	c, err := storage.Memo(ctx, tx, configurationKey{}, func() (Configuration, error) {
		c := Configuration{Name: allBooks}
		_, err := configurations.Load(ctx, tx, &c)
		return c, err
	})
	if err != nil {
		return Configuration{}, err
	}
	return c.filled(tx), nil
}

// announceSettings makes the configuration travel with the next read, unless it is remembered.
func announceSettings(tx *storage.Tx) error {
	if storage.Recalls(tx, configurationKey{}) {
		return nil
	}
	return configurations.Ahead(tx, &Configuration{Name: allBooks})
}
